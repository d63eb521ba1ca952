import { describe, expect, test } from 'vitest'
import { isCompressible, mediaTypeOf } from '../../src/http/mime.ts'

describe('mediaTypeOf()', () => {
  test.each([
    ['index.html', 'text/html; charset=utf-8'],
    ['app.js', 'text/javascript; charset=utf-8'],
    ['app.mjs', 'text/javascript; charset=utf-8'],
    ['style.css', 'text/css; charset=utf-8'],
    ['data.json', 'application/json'],
    ['app.js.map', 'application/json'],
    ['app.webmanifest', 'application/manifest+json'],
    ['module.wasm', 'application/wasm'],
    ['logo.svg', 'image/svg+xml'],
    ['favicon.ico', 'image/vnd.microsoft.icon'],
    ['font.woff2', 'font/woff2'],
    ['PHOTO.JPG', 'image/jpeg'],
    ['archive.tar.gz', 'application/gzip'],
    ['a.b/c.txt', 'text/plain; charset=utf-8'],
  ])('knows %s', (name, type) => {
    expect(mediaTypeOf(name)).toBe(type)
  })

  test.each([
    ['LICENSE'],
    ['a.b/LICENSE'],
    ['file.unknown'],
    ['file.'],
    [''],
    ['a.constructor'],
    ['a.__proto__'],
    ['x.html '],
  ])('says application/octet-stream for %j', (name) => {
    expect(mediaTypeOf(name)).toBe('application/octet-stream')
  })
})

describe('isCompressible()', () => {
  test.each([
    ['text/html; charset=utf-8'],
    ['application/json'],
    ['image/svg+xml'],
    ['application/wasm'],
    ['Text/CSS'],
    ['font/ttf'],
  ])('says yes to %s', (type) => {
    expect(isCompressible(type)).toBe(true)
  })

  test.each([
    ['image/png'],
    ['font/woff2'],
    ['application/zip'],
    ['application/octet-stream'],
    ['video/mp4'],
  ])('says no to %s', (type) => {
    expect(isCompressible(type)).toBe(false)
  })
})
