import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'rockstar-launcher-'))
afterAll(() => rmSync(folder, { recursive: true }))

function launch(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['tools/node.mjs', ...args], {
    encoding: 'utf8',
  })
  return { status, stdout: stdout.trim(), stderr: stderr.trim() }
}

describe('tools/node.mjs', () => {
  test('runs the caller’s Node where it is supported', () => {
    expect(launch('-p', 'process.version').stdout).toBe(process.version)
  })

  test('runs a command of node_modules', () => {
    expect(launch('tsc', '--version').stdout).toMatch(/^Version 7\./)
  })

  test('runs a TypeScript file without a warning, and passes arguments and the exit code on', () => {
    const file = join(folder, 'main.ts')
    writeFileSync(
      file,
      'const code: number = Number(process.argv[2])\nconsole.log(code)\nprocess.exit(code)\n',
    )
    expect(launch(file, '7')).toEqual({ status: 7, stdout: '7', stderr: '' })
  })

  test('passes signals on, and ends by the same', async () => {
    const file = join(folder, 'wait.mjs')
    writeFileSync(file, "console.log('up')\nsetInterval(() => undefined, 1000)\n")
    const child = spawn(process.execPath, ['tools/node.mjs', file], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    child.kill('SIGTERM')
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
    expect([code, signal]).toEqual([null, 'SIGTERM'])
  })

  test('says what it expects when nothing is given', () => {
    expect(launch()).toMatchObject({ status: 1, stderr: 'Expected a command, a file or --install' })
  })
})
