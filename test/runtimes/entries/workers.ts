import { roomObject, worker } from 'rockstar-web/cloudflare'
import { createFixtureApp } from '../app.ts'

/** Where the sockets of a room live. */
export const Room = roomObject(() => createFixtureApp())

export default worker(createFixtureApp(), {
  rooms: (request: Request) => /^\/rooms\/(\w{1,20})$/.exec(new URL(request.url).pathname)?.[1] ?? null,
})
