// Runs the suite inside Deno, and prints one line of JSON for each case: its name, how it went, and what is missing.
import { keyValueSuite } from '../../src/conformance/key-value.ts'
import { keyValueAbilities } from '../../src/conformance/key-value-subject.ts'
import { runConformanceCase } from '../../src/conformance/run.ts'
import { denoKeyValue, type DenoKvLike } from '../../src/stores/deno-kv.ts'

declare const Deno: {
  openKv(path: string): Promise<DenoKvLike & { close(): void }>
}

for (const conformanceCase of keyValueSuite.cases) {
  const kv = await Deno.openKv(':memory:')
  let nowMs = Date.now()
  const options = { now: () => nowMs }
  const subject = {
    store: denoKeyValue(kv, options),
    peer: denoKeyValue(kv, options),
    advance: async (ms: number) => void (nowMs += ms),
  }
  const outcome = await runConformanceCase(conformanceCase, subject, keyValueAbilities(subject)).catch(
    (error: unknown) => ({
      kind: String(error instanceof Error ? (error.cause ?? error) : error),
      missing: [],
    }),
  )
  kv.close()
  console.log(JSON.stringify({ name: conformanceCase.name, ...outcome }))
}
