import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

interface PackedFile {
  readonly path: string
  readonly size: number
}

const manifest: { exports: Record<string, unknown>; dependencies: Record<string, string> } = JSON.parse(
  readFileSync('package.json', 'utf8'),
)
const doors = Object.keys(manifest.exports).filter((door) => door !== './package.json')
const names = doors.map((door) => (door === '.' ? 'rockstar-web' : `rockstar-web${door.slice(1)}`))

const program = `
import type { App, Batteries } from 'rockstar-web'
import { createApp, HttpError } from 'rockstar-web'
import { testApp } from 'rockstar-web/testing'
import { html } from 'rockstar-web/template'

export const app: App<Batteries> = createApp()
  .get('/users/:id', (ctx) => ctx.json({ id: ctx.params.id.toUpperCase() }))
  .get('/page', (ctx) => ctx.html(html\`<p>\${ctx.query.get('q')}</p>\`))
  .post('/fail', () => {
    throw new HttpError(409, 'BAD_REQUEST', 'taken')
  })
// @ts-expect-error -- there is no such parameter
app.get('/users/:id/x', (ctx) => ctx.params.name)
const tested = await testApp(app)
export const response: Response = await tested.fetch('/users/a')
`

let folder = ''
let files: readonly PackedFile[] = []

/** Packs the package and installs it into an empty project: unpacked, with the dependencies that it names. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rockstar-package-'))
  const output = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    encoding: 'utf8',
  })
  const [packed] = JSON.parse(output) as [{ filename: string; files: PackedFile[] }]
  files = packed.files
  const target = join(folder, 'node_modules', 'rockstar-web')
  mkdirSync(target, { recursive: true })
  execFileSync('tar', ['-xzf', join(folder, packed.filename), '-C', target, '--strip-components=1'])
  for (const name of Object.keys(manifest.dependencies)) link(name)
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'empty', private: true, type: 'module' }),
  )
}, 60_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A package as npm would have installed it; its own dependencies are found from where it really is. */
function link(name: string): void {
  const place = join(folder, 'node_modules', name)
  mkdirSync(join(place, '..'), { recursive: true })
  symlinkSync(resolve('node_modules', name), place)
}

function compile(compiler: string, types: readonly string[]): string {
  const compilerOptions = {
    module: 'NodeNext',
    target: 'ES2022',
    lib: ['ES2024', 'ESNext.Disposable', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: false,
    types,
  }
  writeFileSync(join(folder, 'main.ts'), program)
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.ts'] }))
  try {
    return execFileSync(process.execPath, [resolve('node_modules', compiler, 'bin', 'tsc'), '-p', folder], {
      encoding: 'utf8',
    })
  } catch (error) {
    return String(Reflect.get(Object(error), 'stdout'))
  }
}

describe('the packed package', () => {
  test('holds what it must and nothing else', () => {
    const odd = files.filter(
      ({ path }) => !/^(?:dist\/|sql\/|package\.json$|README\.md$|LICENSE$|CHANGELOG\.md$)/.test(path),
    )
    expect(odd).toEqual([])
    expect(files.some(({ path }) => path === 'dist/src/index.d.ts')).toBe(true)
    expect(
      files.filter(({ path }) => /test|bench|example/i.test(path) && !path.startsWith('dist/src/testing/')),
    ).toEqual([])
    expect(files.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(3 * 2 ** 20)
  })

  test.each(names)('%s can be imported', (name) => {
    const script = `const door = await import(${JSON.stringify(name)}); console.log(Object.keys(door).length)`
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect(Number(output)).toBeGreaterThan(0)
  })

  test('a file that is no door cannot be imported', () => {
    const script = "await import('rockstar-web/dist/src/index.js').catch((error) => console.log(error.code))"
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect(output.trim()).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED')
  })

  test.each(['typescript-5.9', 'typescript'])('type-checks a small program with %s', (compiler) => {
    expect(compile(compiler, [])).toBe('')
  })

  test('loads no undici and keeps no process alive when it is imported', () => {
    const script = `
      await import('rockstar-web/node')
      const loaded = process.moduleLoadList.some((name) => name.includes('undici'))
      console.log(loaded, process.getActiveResourcesInfo().filter((name) => name !== 'TTYWrap' && name !== 'PipeWrap').length)`
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect(output.trim()).toBe('false 0')
  })
})
