import { handler } from '../../../adapters/bun/index.ts'
import { app } from '../deno/app.ts'

// oxlint-disable-next-line import/no-default-export -- what Bun serves
export default handler(app)
