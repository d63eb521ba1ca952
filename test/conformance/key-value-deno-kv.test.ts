import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { keyValueSuite } from '../../src/conformance/key-value.ts'

interface Line {
  readonly name: string
  readonly kind: string
  readonly missing: readonly string[]
}

const root = fileURLToPath(new URL('../..', import.meta.url))

describe(`${keyValueSuite.name} over Deno KV, in Deno`, () => {
  const lines = new Map<string, Line>()

  beforeAll(async () => {
    const args = ['run', '--no-config', '--no-lock', '-A', '--unstable-kv', 'test/conformance/deno-kv-run.ts']
    const { stdout } = await promisify(execFile)('node_modules/.bin/deno', args, {
      cwd: root,
      timeout: 60_000,
    })
    for (const text of stdout.trim().split('\n')) {
      const line: Line = JSON.parse(text)
      lines.set(line.name, line)
    }
  }, 70_000)

  for (const { name } of keyValueSuite.cases) {
    it(name, (context) => {
      const line = lines.get(name)
      if (line?.kind === 'skipped') context.skip(`lacks ${line.missing.join(', ')}`)
      expect(line?.kind).toMatch(/^(?:passed|refused)$/)
    })
  }
})
