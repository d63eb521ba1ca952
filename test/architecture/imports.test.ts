import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readModules } from './modules.ts'
import type { Rule } from './rules.ts'
import * as rules from './rules.ts'

const modules = readModules(process.cwd(), ['src', 'adapters'])

/** For each rule a tree that breaks it, and what it then says. */
const violations: Record<keyof typeof rules, [files: Record<string, string>, message: RegExp]> = {
  doorsOnly: [
    { 'src/app/x.ts': "import { a } from '../http/a.ts'", 'src/http/a.ts': 'export const a = 1' },
    /neither a door nor a contract/,
  ],
  layersHold: [
    { 'src/http/x.ts': "import type { App } from '../app/index.ts'", 'src/app/index.ts': '' },
    /layer 1\) imports/,
  ],
  noFolderCycles: [
    {
      'src/http/x.ts': "import type { A } from '../crypto/index.ts'",
      'src/crypto/x.ts': "import { b } from '../http/index.ts'",
    },
    /http -> crypto -> http|crypto -> http -> crypto/,
  ],
  noFileCycles: [
    { 'src/http/a.ts': "import './b.ts'", 'src/http/b.ts': "import './a.ts'" },
    /a\.ts -> .*b\.ts -> .*a\.ts/,
  ],
  srcIsPortable: [{ 'src/http/x.ts': "import 'node:fs'\nprocess.exit()" }, /imports node:fs|uses process/],
  adaptersAreSeparate: [
    { 'adapters/bun/x.ts': "import '../node/index.ts'", 'adapters/node/index.ts': '' },
    /another adapter/,
  ],
  srcKnowsNoAdapter: [
    { 'src/app/x.ts': "import '../../adapters/node/index.ts'", 'adapters/node/index.ts': '' },
    /imports/,
  ],
  contractsAreTypes: [{ 'src/http/contract.ts': 'export const a = 1' }, /that is no type/],
  doorsAreLists: [{ 'src/http/index.ts': "export * from './a.ts'" }, /ExportAllDeclaration/],
  namesSaySomething: [{ 'src/http/utils/x.ts': 'export default 1' }, /folder called utils/],
  noModuleState: [{ 'src/http/x.ts': 'const cache = new Map<string, string>()' }, /keeps state/],
  filesAreShort: [{ 'src/http/x.ts': '\n'.repeat(302) }, /has 302 lines/],
  noEscapes: [{ 'src/http/x.ts': '// @ts-ignore\nexport {}' }, /switches the compiler off/],
}

describe('the architecture', () => {
  test('is read at all', () => {
    const edges = modules.reduce((sum, module) => sum + module.edges.length, 0)
    expect(modules.length).toBeGreaterThan(100)
    expect(edges).toBeGreaterThan(300)
    expect(modules.some((module) => module.path === 'src/app/dispatch.ts')).toBe(true)
  })

  for (const [name, rule] of Object.entries(rules) as [keyof typeof rules, Rule][]) {
    test(`${name} holds`, () => {
      expect(rule(modules)).toEqual([])
    })

    test(`${name} sees a violation`, () => {
      const [files, message] = violations[name]
      const root = mkdtempSync(join(tmpdir(), 'rockstar-rules-'))
      try {
        for (const folder of ['src', 'adapters']) mkdirSync(join(root, folder))
        for (const [path, text] of Object.entries(files)) {
          mkdirSync(dirname(join(root, path)), { recursive: true })
          writeFileSync(join(root, path), text)
        }
        expect(rule(readModules(root, ['src', 'adapters'])).join('\n')).toMatch(message)
      } finally {
        rmSync(root, { recursive: true })
      }
    })
  }
})
