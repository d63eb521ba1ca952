import type { FetcherLike } from 'rockstar-web/cloudflare'
import { assetObjects, worker } from 'rockstar-web/cloudflare'
import { createNotesApp } from './app.ts'
import { catalogue, migrations } from './sql/text.ts'

/** The bindings that `wrangler.toml` names. */
interface Env {
  readonly ASSETS: FetcherLike
}

export default worker(({ ASSETS }: Env) =>
  createNotesApp({ catalogue, migrations, assets: assetObjects(ASSETS) }),
)
