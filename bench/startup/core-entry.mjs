import { createApp } from 'rockstar-web/core'

export const fetch = createApp().get('/', (ctx) => ctx.text('hi')).fetch
