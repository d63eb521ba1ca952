import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { parseSync } from 'oxc-parser'

/** One import or re-export of a module. */
export interface Edge {
  /** As it is written: `../http/index.ts`, `node:fs`, `jose`. */
  readonly specifier: string
  /** The file in the tree, or null for a package or a module of the runtime. */
  readonly target: string | null
  readonly isType: boolean
}

/** One source file. Paths are relative to the root of the tree. */
export interface Module {
  readonly path: string
  readonly text: string
  readonly edges: readonly Edge[]
  readonly program: Program
}

interface Program {
  readonly body: readonly { readonly type: string; readonly [key: string]: unknown }[]
}

/** Reads every TypeScript module below these folders of `root`. */
export function readModules(root: string, folders: readonly string[]): Module[] {
  return folders.flatMap((folder) => listFiles(join(root, folder))).map((file) => readModule(root, file))
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return listFiles(path)
    return entry.name.endsWith('.ts') ? [path] : []
  })
}

function readModule(root: string, file: string): Module {
  const text = readFileSync(file, 'utf8')
  const { module, program, errors } = parseSync(file, text)
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message ?? 'cannot be parsed'}`)
  const edges: Edge[] = []
  const add = (specifier: string, isType: boolean): void => {
    const target = specifier.startsWith('.') ? relative(root, resolve(dirname(file), specifier)) : null
    edges.push({ specifier, target, isType })
  }
  for (const { moduleRequest, entries } of module.staticImports) {
    add(moduleRequest.value, entries.length > 0 && entries.every((entry) => entry.isType))
  }
  for (const { entries } of module.staticExports) {
    for (const entry of entries)
      if (entry.moduleRequest !== null) add(entry.moduleRequest.value, entry.isType)
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const specifier = text.slice(moduleRequest.start, moduleRequest.end)
    if (/^['"].*['"]$/.test(specifier)) add(specifier.slice(1, -1), false)
  }
  return { path: relative(root, file), text, edges, program: program as unknown as Program }
}

/** The folder below `src` that a file belongs to: `src/stores/sql/x.ts` is of `stores`; `src/index.ts` of none. */
export function folderOf(path: string): string | null {
  const [first, second, third] = path.split('/')
  if (first === 'src') return third === undefined ? null : (second ?? null)
  return first === 'adapters' ? `adapters/${second ?? ''}` : null
}
