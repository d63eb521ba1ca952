import { handler as toHandler } from '../../../adapters/lambda/index.ts'
import { createApp } from '../../../src/index.ts'

const app = createApp()
  .get('/loaded', () => {
    const loaded: unknown = Reflect.get(process, 'moduleLoadList')
    return {
      fetchApi: Array.isArray(loaded) && loaded.includes('NativeModule internal/deps/undici/undici'),
    }
  })
  .post('/copied', async (ctx) => {
    const copy = new Request(ctx.request)
    return { method: copy.method, text: await copy.text() }
  })

/** A function that touches nothing of the Fetch API before its first event. */
export const handler = toHandler(app)
