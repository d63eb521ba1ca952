import type { Edge, Module } from './modules.ts'
import { folderOf } from './modules.ts'

/** The layers of `src`, low to high. A folder imports its own layer and lower ones. */
const layers: readonly (readonly string[])[] = [
  ['errors', 'internal', 'diagnostics', 'statements'],
  ['crypto', 'schema', 'http', 'stores', 'template'],
  ['platform', 'router', 'config', 'database'],
  ['context', 'server'],
  ['static', 'cache', 'realtime', 'session'],
  ['security'],
  ['app'],
  ['testing', 'conformance'],
]

/** npm packages that a folder of `src` may import. All others import none. */
const packages: Readonly<Record<string, readonly string[]>> = {}

/** Contracts that hold types alone and know nothing above themselves may be seen from below. */
const openContracts = new Set(['src/platform/contract.ts', 'src/http/contract.ts', 'src/context/contract.ts'])

/** Data and generated files may be long. */
const longFiles = new Set(['src/errors/codes.ts', 'src/statements/names.ts', 'src/statements/sqlite.ts'])
const maxLines = 300

/** A rule gives one line for each thing that breaks it. */
export type Rule = (modules: readonly Module[]) => string[]

/** Across folders only a door or a contract is imported. */
export const doorsOnly: Rule = (modules) =>
  crossings(modules).flatMap(({ module, edge, target }) => {
    const name = target.split('/').at(-1) ?? ''
    if (name === 'index.ts' || name === 'contract.ts' || isStoreDoor(target)) return []
    return [`${module.path} imports ${edge.specifier}, which is neither a door nor a contract`]
  })

/** A folder imports lower layers only. */
export const layersHold: Rule = (modules) =>
  crossings(modules).flatMap(({ module, edge, from, to, target }) => {
    if (from.startsWith('adapters') || (edge.isType && openContracts.has(target))) return []
    const own = layerOf(from)
    const other = layerOf(to)
    if (own === -1) return [`${module.path} is in the folder ${from}, which has no layer`]
    return other <= own && other !== -1
      ? []
      : [`${module.path} (layer ${own}) imports ${edge.specifier} (layer ${other})`]
  })

/** No cycles between folders; imports of types count, except those of open contracts. */
export const noFolderCycles: Rule = (modules) => {
  const graph = new Map<string, Set<string>>()
  for (const { from, to, edge, target } of crossings(modules)) {
    if (edge.isType && openContracts.has(target)) continue
    graph.set(from, (graph.get(from) ?? new Set()).add(to))
  }
  return findCycles(graph)
}

/** No cycles between files. */
export const noFileCycles: Rule = (modules) => {
  const graph = new Map(
    modules.map((module) => [
      module.path,
      new Set(module.edges.filter((edge) => !edge.isType).flatMap(({ target }) => target ?? [])),
    ]),
  )
  return findCycles(graph)
}

/** `src` knows no runtime. */
export const srcIsPortable: Rule = (modules) =>
  modules
    .filter((module) => module.path.startsWith('src/'))
    .flatMap((module) => {
      const allowed = packages[folderOf(module.path) ?? ''] ?? []
      const imports = module.edges
        .filter(({ target, specifier }) => target === null && !allowed.includes(specifier))
        .map(({ specifier }) => `${module.path} imports ${specifier}`)
      const code = stripComments(module.text)
      const names = [
        ...code.matchAll(
          /(?<![.\w$'"`])(process|Buffer|Deno|Bun|__dirname|eval)(?=[.([\s;,)])|new Function\(/g,
        ),
      ]
      return [...imports, ...names.map(([name]) => `${module.path} uses ${name}`)]
    })

/**
 * An adapter imports doors and contracts of `src`, and no other adapter. `adapters/process` is none: it holds what those of
 * long-running processes share.
 */
export const adaptersAreSeparate: Rule = (modules) =>
  crossings(modules).flatMap(({ module, from, to, edge }) =>
    from.startsWith('adapters/') &&
    to.startsWith('adapters/') &&
    to !== 'adapters/process' &&
    to !== 'adapters/opening' &&
    !(from === 'adapters/compat' && to === 'adapters/node')
      ? [`${module.path} imports ${edge.specifier} of another adapter`]
      : [],
  )

/** `src` never imports an adapter. */
export const srcKnowsNoAdapter: Rule = (modules) =>
  modules
    .filter((module) => module.path.startsWith('src/'))
    .flatMap((module) =>
      module.edges
        .filter(({ target }) => target?.startsWith('adapters/'))
        .map(({ specifier }) => `${module.path} imports ${specifier}`),
    )

/** A contract has types and nothing else. */
export const contractsAreTypes: Rule = (modules) =>
  modules
    .filter((module) => module.path.endsWith('/contract.ts'))
    .flatMap((module) =>
      module.program.body
        .filter((node) => !isTypeOnly(node))
        .map((node) => `${module.path} has a ${node.type} that is no type`),
    )

/** A door lists names one by one: no logic, no star, no default. */
export const doorsAreLists: Rule = (modules) =>
  modules
    .filter((module) => module.path.endsWith('/index.ts') || module.path === 'src/core.ts')
    .flatMap((module) =>
      module.program.body
        .filter((node) => node.type !== 'ExportNamedDeclaration' || node['source'] === null)
        .map((node) => `${module.path} has a ${node.type}`),
    )

/** Names that say nothing, and default exports, do not appear. */
export const namesSaySomething: Rule = (modules) =>
  modules.flatMap((module) => {
    const folder = /\/(utils|helpers|common|misc|lib|shared|types)\//.exec(module.path)?.[1]
    const found = folder === undefined ? [] : [`${module.path} is in a folder called ${folder}`]
    const isDefault = module.program.body.some((node) => node.type === 'ExportDefaultDeclaration')
    return isDefault ? [...found, `${module.path} has a default export`] : found
  })

/** Nothing is kept in a module: no `let`, and no collection that grows. */
export const noModuleState: Rule = (modules) =>
  modules
    .filter((module) => module.path.startsWith('src/'))
    .flatMap((module) => {
      const lines = module.text.split('\n')
      return lines
        .filter((line) =>
          /^(?:export )?let |^(?:export )?const \w+(?:: (?!Readonly)[^=]+)? = new (?:Map|WeakMap|Set|WeakSet)(?:<[^>]*>)?\(\)/.test(
            line,
          ),
        )
        .map((line) => `${module.path} keeps state: ${line}`)
    })

/** A file that nobody can read in one sitting is split. */
export const filesAreShort: Rule = (modules) =>
  modules
    .filter((module) => !longFiles.has(module.path) && module.text.split('\n').length > maxLines + 1)
    .map(
      (module) =>
        `${module.path} has ${module.text.split('\n').length - 1} lines, at most ${maxLines} are expected`,
    )

/** No `any`, no `!`, no `@ts-ignore`; oxlint sees the first two, but not in comments that switch it off. */
export const noEscapes: Rule = (modules) =>
  modules
    .filter((module) => /@ts-(?:ignore|nocheck)/.test(module.text))
    .map((module) => `${module.path} switches the compiler off`)

/** Each backend of `src/stores` has a door of the package, a file that only lists names. */
function isStoreDoor(target: string): boolean {
  return /^src\/stores\/[\w-]+\.ts$/.test(target)
}

interface Crossing {
  readonly module: Module
  readonly edge: Edge
  readonly from: string
  readonly to: string
  readonly target: string
}

/** The imports that go from one folder to another. Files at the top of `src` are doors of the package. */
function crossings(modules: readonly Module[]): Crossing[] {
  return modules.flatMap((module) => {
    const from = folderOf(module.path)
    if (from === null) return []
    return module.edges.flatMap((edge) => {
      const { target } = edge
      const to = target === null ? null : folderOf(target)
      return target === null || to === null || to === from ? [] : [{ module, edge, from, to, target }]
    })
  })
}

function layerOf(folder: string): number {
  return layers.findIndex((layer) => layer.includes(folder))
}

function findCycles(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const done = new Set<string>()
  const found: string[] = []
  function visit(node: string, path: readonly string[]): void {
    if (path.includes(node)) {
      found.push([...path.slice(path.indexOf(node)), node].join(' -> '))
      return
    }
    if (done.has(node)) return
    for (const next of graph.get(node) ?? []) visit(next, [...path, node])
    done.add(node)
  }
  for (const node of graph.keys()) visit(node, [])
  return found
}

function isTypeOnly(node: { readonly type: string; readonly [key: string]: unknown }): boolean {
  if (node.type === 'TSInterfaceDeclaration' || node.type === 'TSTypeAliasDeclaration') return true
  if (node.type === 'ImportDeclaration') return node['importKind'] === 'type'
  if (node.type !== 'ExportNamedDeclaration') return false
  const declaration = node['declaration'] as { readonly type: string } | null
  return (
    node['exportKind'] === 'type' ||
    (declaration !== null && /^TS(?:Interface|TypeAlias)Declaration$/.test(declaration.type))
  )
}

function stripComments(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '')
    .replace(/`(?:\\.|[^`\\])*`|'(?:\\.|[^'\\\n])*'/g, "''")
}
