import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { describe, expect, test } from 'vitest'

const hello = (door: 'index' | 'core'): string => `
import { createApp } from '../../../src/${door}.ts'
import { worker } from '../../../adapters/cloudflare/index.ts'
export default worker(createApp().get('/', (ctx) => ctx.text('hi')))`

async function bundle(
  source: string,
): Promise<{ text: string; modules: readonly string[]; gzipBytes: number }> {
  const result = await build({
    stdin: { contents: source, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2023',
    metafile: true,
    write: false,
    logLevel: 'silent',
  })
  const [output] = Object.values(result.metafile.outputs)
  const used = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0)
  const bytes = result.outputFiles[0]?.contents ?? new Uint8Array()
  return {
    text: new TextDecoder().decode(bytes),
    modules: used.map(([path]) => path).sort(),
    gzipBytes: gzipSync(bytes, { level: 9 }).length,
  }
}

/** The adapter and the stores of its bindings, whole: what a Worker pays for them. */
const adapterFiles = [
  'adapters/cloudflare/bindings.ts',
  'adapters/cloudflare/bound.ts',
  'adapters/cloudflare/cloudflare.ts',
  'adapters/cloudflare/kind.ts',
  'adapters/cloudflare/log.ts',
  'adapters/cloudflare/peer.ts',
  'adapters/cloudflare/platform.ts',
  'adapters/cloudflare/response.ts',
  'adapters/cloudflare/site.ts',
  'adapters/cloudflare/stores.ts',
  'adapters/cloudflare/websocket.ts',
  'adapters/cloudflare/worker.ts',
]

describe('a bundled hello for Workers', () => {
  for (const [door, most] of [
    ['index', 56],
    ['core', 22],
  ] as const) {
    test(`through ${door} holds no client and no other runtime, and of the adapter what every Worker needs`, async () => {
      const { text, modules, gzipBytes } = await bundle(hello(door))
      console.log(`hello for Workers through ${door}: ${gzipBytes} bytes gzipped, ${modules.length} modules`)
      expect(text).not.toMatch(/["']node:|libsql|["']pg["']|Deno\b|\bBun\b|process\.env/)
      expect(modules.filter((path) => path.startsWith('adapters/'))).toEqual(adapterFiles)
      const foreign = /node_modules|libsql|sqlite-(?:node|bun)|durable-object|redis|deno-kv|postgres|mysql/
      expect(modules.filter((path) => foreign.test(path))).toEqual([])
      expect(gzipBytes).toBeLessThanOrEqual(most * 1024)
    })
  }
})
