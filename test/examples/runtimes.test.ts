import { cpSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startLambda } from '../adapters/lambda/gateway.ts'
import type { Program } from '../runtimes/programs.ts'
import { bundleFile, startBundle } from '../runtimes/programs.ts'

/** The example as a user's bundler leaves it, with its folders beside it. */
async function bundleNotes(entry: string) {
  const bundle = await bundleFile(resolve('examples/notes', entry))
  for (const folder of ['sql', 'assets'])
    cpSync(join('examples/notes', folder), join(dirname(bundle.path), folder), { recursive: true })
  return bundle
}

async function startNotes(entry: string, program: string, ...flags: readonly string[]): Promise<Program> {
  const bundle = await bundleNotes(entry)
  return startBundle(bundle, [resolve(program), ...flags, bundle.path], { PORT: '0' })
}

/** Pages, assets and the API, over the database of the runtime. */
async function expectNotes(url: string): Promise<void> {
  const body = JSON.stringify({ title: 'One', body: 'two' })
  const headers = { 'content-type': 'application/json' }
  const made = await fetch(`${url}/api/notes`, { method: 'POST', body, headers })
  expect([made.status, await made.json()]).toMatchObject([201, { title: 'One', done: false }])
  const page = await (await fetch(`${url}/`)).text()
  expect(page).toContain('One')
  expect((await fetch(`${url}/assets/style.css`)).headers.get('content-type')).toContain('text/css')
  expect((await fetch(`${url}/assets/..%2fapp.ts`)).status).toBe(404)
}

describe('examples/notes', () => {
  test.each([
    ['deno.ts', 'node_modules/deno/deno', ['run', '-A', '--no-prompt']],
    ['bun.ts', 'node_modules/.bin/bun', []],
  ] as const)('runs by its entry %s, and keeps its notes in a file', async (entry, program, flags) => {
    const notes = await startNotes(entry, program, ...flags)
    try {
      await expectNotes(notes.url)
    } finally {
      await notes.close()
    }
  })

  test('runs as a function of Lambda', async () => {
    const bundle = await bundleNotes('lambda.ts')
    const env = { DATABASE_URL: ':memory:', LAMBDA_TASK_ROOT: resolve(dirname(bundle.path)) }
    const notes = await startLambda({
      entry: bundle.path,
      kind: 'http',
      env,
      exportName: 'main',
      maxSandboxes: 1,
    })
    try {
      await expectNotes(notes.url)
    } finally {
      await notes.close()
      bundle.remove()
    }
  })
})
