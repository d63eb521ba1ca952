import { handler } from '../../../adapters/deno/index.ts'
import { app } from './app.ts'

// oxlint-disable-next-line import/no-default-export -- what `deno serve` takes
export default handler(app)
