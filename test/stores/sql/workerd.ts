import type { Miniflare } from 'miniflare'
import { openWorker } from '../../adapters/cloudflare/miniflare.ts'

/** A workerd with the scenarios of `workerd-run.ts`. Whoever opens it disposes of it. */
export function openScenarios(): Promise<Miniflare> {
  return openWorker("export { default, SqlObject } from '../../stores/sql/workerd-run.ts'", {
    d1Databases: { DB: 'scenarios' },
    durableObjects: { OBJECT: { className: 'SqlObject', useSQLite: true } },
  })
}

/** Runs one scenario there, and gives what it saw. */
export async function see(
  miniflare: Miniflare,
  where: 'object' | 'd1' | 'session',
  name: string,
): Promise<unknown> {
  const response = await miniflare.dispatchFetch(`http://sql.test/${where}?name=${encodeURIComponent(name)}`)
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  return JSON.parse(text)
}
