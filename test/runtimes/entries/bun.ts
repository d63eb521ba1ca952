import { serve } from 'rockstar-web/bun'
import { createFixtureApp } from '../app.ts'

const server = await serve(createFixtureApp(), { port: 0, hostname: '127.0.0.1' })
console.log(`listening ${server.url}`)
