// Writes docs/api.txt: one line per public export. With --check it only compares.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseSync } from 'oxc-parser'

const manifest: { exports: Record<string, string | { default: string }> } = JSON.parse(
  readFileSync('package.json', 'utf8'),
)
const lines: string[] = []
for (const [door, target] of Object.entries(manifest.exports)) {
  if (typeof target === 'string') continue
  const file = target.default.replace('./dist/', '').replace(/\.js$/, '.ts')
  const { module } = parseSync(file, readFileSync(file, 'utf8'))
  const exported = module.staticExports.flatMap(({ entries }) =>
    entries.map(
      (entry) => `${door} ${entry.isType ? 'type' : 'value'} ${entry.exportName.name ?? 'default'}`,
    ),
  )
  lines.push(...exported.toSorted())
}
const text = `${lines.join('\n')}\n`
if (!process.argv.includes('--check')) {
  writeFileSync('docs/api.txt', text)
} else if (!existsSync('docs/api.txt') || readFileSync('docs/api.txt', 'utf8') !== text) {
  console.error(
    'Expected docs/api.txt to list the public exports as they are; run npm run docs and look at the difference',
  )
  process.exit(1)
}
