import { execFileSync } from 'node:child_process'

/** Builds `dist` once, for the tests that start processes of their own. Outside of CI a failure only warns. */
export default function build(): void {
  try {
    execFileSync(process.execPath, ['tools/build.mjs', '--if-stale'], { stdio: 'inherit' })
  } catch (error) {
    if (process.env['CI'] !== undefined) throw error
    console.warn('The build failed: tests that start processes see an old one')
  }
}
