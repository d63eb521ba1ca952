import { serve } from '../../adapters/node/index.ts'

/** Serves an app over a real socket; its fetch says nothing of where it comes from, as other programs than browsers. */
export async function listen(app: Parameters<typeof serve>[0]) {
  const server = await serve(app, { port: 0, hostname: '127.0.0.1', signals: false, log: () => undefined })
  return { url: `http://127.0.0.1:${server.port}`, close: () => server.close() }
}
