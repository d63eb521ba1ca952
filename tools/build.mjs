// Builds the package into dist/: declarations by the compiler, one file per module; JavaScript by esbuild, one file per
// door and few shared ones, because Node takes about half a millisecond per file (docs/decisions/006-bundled-doors.md).
// With --if-stale only when a source is newer than the last build.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamp = join(root, 'dist', 'src', 'index.js')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const doors = Object.values(manifest.exports).filter((target) => typeof target !== 'string')

if (!existsSync(join(root, 'node_modules', 'typescript'))) {
  // Installed without development dependencies: nothing to build with, and nothing to build for.
  console.error('Skipped the build: TypeScript is not installed')
} else if (!process.argv.includes('--if-stale') || isStale()) {
  await build()
}

async function build() {
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  const args = [join('tools', 'node.mjs'), 'tsc', '-p', 'tsconfig.build.json']
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
  const esbuild = await import('esbuild')
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: doors.map(({ default: file }) => file.replace('./dist/', './').replace(/\.js$/, '.ts')),
    outbase: '.',
    outdir: 'dist',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'neutral',
    external: ['node:*'],
    target: 'es2023',
    logLevel: 'warning',
  })
  const missing = doors.flatMap(Object.values).filter((target) => !existsSync(join(root, target)))
  if (missing.length > 0) {
    console.error(`Expected the build to make every export, these are missing: ${missing.join(', ')}`)
    process.exit(1)
  }
}

function isStale() {
  if (!existsSync(stamp)) return true
  const built = statSync(stamp).mtimeMs
  const inputs = [
    'src',
    'adapters',
    'package.json',
    'tools/build.mjs',
    'tsconfig.base.json',
    'tsconfig.build.json',
  ]
  return inputs.some((path) => newest(join(root, path)) > built)
}

function newest(path) {
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.mtimeMs
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))))
}
