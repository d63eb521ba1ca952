import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { readFileSync } from 'node:fs'
import { bundleInScratch } from './programs.ts'
import { startSubject } from './starters.ts'
import { describeRuntime } from './suite.ts'

describeRuntime('Workers', () =>
  startSubject(async () => {
    const bundle = await bundleInScratch('workers.ts')
    const contents = readFileSync(bundle.path, 'utf8')
    bundle.remove()
    const miniflare = new Miniflare(
      convertV4MiniflareOptions({
        workers: [
          {
            name: 'main',
            compatibilityDate: '2026-07-01',
            compatibilityFlags: ['enable_request_signal'],
            modules: [{ type: 'ESModule', path: 'worker.mjs', contents }],
            d1Databases: { DB: 'suite' },
            durableObjects: { ROOMS: 'Room' },
          },
        ],
      }),
    )
    const url = await miniflare.ready
    return { url: url.href.replace(/\/$/, ''), close: () => miniflare.dispose() }
  }),
)
