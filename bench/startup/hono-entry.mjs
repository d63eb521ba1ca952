import { Hono } from 'hono/tiny'

const app = new Hono()
app.get('/', (c) => c.text('hi'))
export const { fetch } = app
