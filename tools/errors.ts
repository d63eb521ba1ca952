// Writes docs/errors.md from the comments of src/errors/codes.ts. With --check it only compares.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const source = readFileSync('src/errors/codes.ts', 'utf8')
const entries = [...source.matchAll(/\/\*\*\s*([\s\S]*?)\*\/\s*\|\s*'([A-Z0-9_]+)'/g)].map(
  ([, comment = '', code = '']) => {
    const text = comment.replace(/\n\s*\*\s?/g, ' ').trim()
    return `| \`${code}\` | ${text.replaceAll('|', '\\|')} |`
  },
)
const text = `# Errors

Every error of the framework is a \`RockstarError\` with one of these codes; those that are answers are \`HttpError\`s with
a status besides. Problem details carry the code as \`code\`. This page is made from \`src/errors/codes.ts\`.

| code | meaning |
| --- | --- |
${entries.toSorted().join('\n')}
`
if (!process.argv.includes('--check')) {
  writeFileSync('docs/errors.md', text)
} else if (!existsSync('docs/errors.md') || readFileSync('docs/errors.md', 'utf8') !== text) {
  console.error('Expected docs/errors.md to list the error codes as they are; run npm run docs')
  process.exit(1)
}
