import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { cases } from './cases.ts'
import { differences, differencesOf, runtimeTitles } from './differences.ts'

const page = 'docs/runtimes.md'
const [begin, end] = ['<!-- cases -->', '<!-- /cases -->']

/** One line per case, one column per server; a number stands for the reason why it differs. */
function table(): string {
  const reasons = differences.map(({ reason }) => reason)
  const rows = cases.map(({ group, name }) => {
    const cells = runtimeTitles.map((title) => {
      const reason = differencesOf(title).get(name)
      return reason === undefined ? '✓' : String(reasons.indexOf(reason) + 1)
    })
    return `| ${group}: ${name} | ${cells.join(' | ')} |`
  })
  const notes = reasons.map((reason, index) => `${index + 1}. ${reason}`)
  return [
    `| case | ${runtimeTitles.join(' | ')} |`,
    `| --- | ${runtimeTitles.map(() => '---').join(' | ')} |`,
    ...rows,
    '',
    ...notes,
  ].join('\n')
}

test('the table of docs/runtimes.md is what the suite holds every runtime to (UPDATE_DOCS=1 writes it)', () => {
  const text = readFileSync(page, 'utf8')
  const from = text.indexOf(begin) + begin.length
  const to = text.indexOf(end)
  const wanted = `${text.slice(0, from)}\n\n${table()}\n\n${text.slice(to)}`
  if (process.env['UPDATE_DOCS'] !== undefined) writeFileSync(page, wanted)
  else expect(text).toBe(wanted)
})
