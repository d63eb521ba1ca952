import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const folder = '.scratch/docs'
const pages = [
  'README.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
]

/** The TypeScript blocks of a page, each a module of its own. */
const blocks = pages.flatMap((page) =>
  [...readFileSync(page, 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ''], index) => ({
    name: `${page.replace(/\W+/g, '-')}-${index}.ts`,
    code,
  })),
)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('every example of the documentation compiles', () => {
  expect(blocks.length).toBeGreaterThan(10)
  mkdirSync(folder, { recursive: true })
  for (const { name, code } of blocks)
    writeFileSync(join(folder, name), `${code.replace("'./app.ts'", "'./README-md-0.ts'")}\nexport {}\n`)
  const config = {
    extends: '../../tsconfig.json',
    include: ['*.ts'],
    compilerOptions: { noUnusedLocals: false },
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  let output = ''
  try {
    execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', folder], { encoding: 'utf8' })
  } catch (error) {
    output = String(Reflect.get(Object(error), 'stdout'))
  }
  expect(output).toBe('')
})
