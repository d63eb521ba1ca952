import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const folder = '.scratch/types'

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** How many types the compiler instantiates for an app of so many routes. */
function instantiations(routes: number): number {
  const chain = Array.from({ length: routes }, (_, index) => {
    const path = `/area${index % 20}/:id(int)/items${index}/:item`
    return `  .get('${path}', (ctx) => ctx.json({ id: ctx.params.id, item: ctx.params.item }))`
  })
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, 'app.ts'),
    `import { createApp } from 'rockstar-web'\nexport const app = createApp()\n${chain.join('\n')}\n`,
  )
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../../tsconfig.json', include: ['app.ts'] }),
  )
  const args = ['node_modules/typescript/bin/tsc', '-p', folder, '--extendedDiagnostics']
  const output = execFileSync(process.execPath, args, { encoding: 'utf8' })
  return Number(/Instantiations:\s+(\d+)/.exec(output)?.[1])
}

test('a chain of 600 routes costs the compiler what one costs 600 times, and no more', () => {
  const one = instantiations(1)
  const few = instantiations(101)
  const many = instantiations(601)
  const each = (few - one) / 100
  console.log(`${one} instantiations for one route, ${many} for 601`)
  expect(many - one).toBeLessThan(each * 600 * 1.1)
  expect(many).toBeLessThan(250_000)
})
