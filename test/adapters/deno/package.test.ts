import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { scratchFolder, start } from './program.ts'
import { denoPath } from './runtime.ts'

const program = (from: string): string => `
import { createApp } from '${from}'
import { serve } from '${from}/deno'
const app = createApp().get('/', (ctx) => ctx.text('Hello, Deno!'))
const server = await serve(app, { port: Number(Deno.args[0]) })
console.log('listening ' + server.url)
`

/** As `tools/build.mjs` does it, so that the test does not depend on when that ran. */
async function buildDoors(entryPoints: string[], outdir: string): Promise<void> {
  await build({
    entryPoints,
    outdir,
    outbase: '.',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'neutral',
    external: ['node:*'],
    target: 'es2023',
    logLevel: 'warning',
  })
}

describe('the built package on Deno', () => {
  const folder = scratchFolder('deno-package')
  beforeAll(async () => {
    const home = join(folder.path, 'node_modules/rockstar-web')
    mkdirSync(home, { recursive: true })
    const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
    manifest.exports['.'] = './dist/src/index.js'
    manifest.exports['./deno'] = './dist/adapters/deno/index.js'
    writeFileSync(join(home, 'package.json'), JSON.stringify(manifest))
    await buildDoors(['src/index.ts', 'adapters/deno/index.ts'], join(home, 'dist'))
    writeFileSync(
      join(folder.path, 'package.json'),
      JSON.stringify({ type: 'module', dependencies: { 'rockstar-web': manifest.version } }),
    )
  })
  afterAll(() => folder.remove())

  it.each([
    ['by its name', 'rockstar-web', 47_321],
    ['by an npm: specifier', 'npm:rockstar-web', 47_322],
  ])('runs from node_modules %s, with the permission for its port alone', async (_name, from, port) => {
    writeFileSync(join(folder.path, 'main.js'), program(from))
    await using running = await start(
      [
        join(process.cwd(), denoPath()),
        'run',
        '--no-prompt',
        '--no-remote',
        `--allow-net=127.0.0.1:${port}`,
        'main.js',
        String(port),
      ],
      {},
      folder.path,
    )
    expect(await (await fetch(running.url)).text()).toBe('Hello, Deno!')
    running.kill('SIGTERM')
    expect(await running.ended()).toBe(0)
  })
})
