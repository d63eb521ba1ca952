// Runs one case inside workerd for each request: /?case=<index>&store=<kv or memory>. Answers with how it went.
import { keyValueSuite } from '../../src/conformance/key-value.ts'
import { keyValueAbilities, type KeyValueSubject } from '../../src/conformance/key-value-subject.ts'
import { runConformanceCase } from '../../src/conformance/run.ts'
import { memoryKeyValue } from '../../src/stores/key-value/index.ts'
import { workersKeyValue, type KvNamespaceLike } from '../../src/stores/workers-kv.ts'

interface Env {
  readonly KV: KvNamespaceLike
}

const worker = {
  async fetch(request: Request, { KV }: Env): Promise<Response> {
    const { searchParams } = new URL(request.url)
    const index = Number(searchParams.get('case'))
    const conformanceCase = keyValueSuite.cases[index]
    if (conformanceCase === undefined) return new Response(null, { status: 404 })
    const subject = searchParams.get('store') === 'kv' ? openKv(KV, index) : openMemory()
    try {
      const abilities = keyValueAbilities(subject)
      return Response.json(await runConformanceCase(conformanceCase, subject, abilities))
    } catch (error) {
      return Response.json({
        kind: String(error instanceof Error ? (error.cause ?? error) : error),
        missing: [],
      })
    }
  },
}

export { worker as default }

function openKv(namespace: KvNamespaceLike, index: number): KeyValueSubject {
  const options = { keyPrefix: `case-${index}:` }
  return {
    store: workersKeyValue(namespace, options),
    peer: workersKeyValue(namespace, options),
    // The least TTL is a minute of workerd's own clock.
    advance: null,
  }
}

function openMemory(): KeyValueSubject {
  let nowMs = 1_767_225_600_000
  const store = memoryKeyValue({ now: () => nowMs })
  return { store, peer: null, advance: async (ms) => void (nowMs += ms) }
}
