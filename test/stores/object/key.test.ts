import { describe, expect, test } from 'vitest'
import { isFileKey, isHiddenKey, isObjectKey } from '../../../src/stores/object/index.ts'

describe('isObjectKey()', () => {
  test.each([['a'], ['a/b.txt'], ['...'], ['.a'], ['a\\b'], ['C:x'], ['é'.repeat(512)], ['x'.repeat(1024)]])(
    'takes %j',
    (key) => {
      expect(isObjectKey(key)).toBe(true)
    },
  )

  test.each([
    [''],
    ['/'],
    ['/a'],
    ['a/'],
    ['a//b'],
    ['.'],
    ['a/..'],
    ['../a'],
    ['./a'],
    ['a\0'],
    ['a\x9f'],
    ['\udc00'],
    ['x'.repeat(1025)],
    ['é'.repeat(513)],
  ])('refuses %j', (key) => {
    expect(isObjectKey(key)).toBe(false)
  })
})

describe('isFileKey()', () => {
  test.each([
    ['a/b.txt'],
    ['.hidden'],
    ['con1'],
    ['console.log'],
    ['com/port'],
    ['nullable'],
    ['lpt10.txt'],
    ['a.con'],
    ['x'.repeat(255)],
  ])('takes %j', (key) => {
    expect(isFileKey(key)).toBe(true)
  })

  test.each([
    ['a folder above', '../a'],
    ['an absolute path', '/etc/passwd'],
    ['a backslash', 'a\\b'],
    ['a drive', 'C:/windows'],
    ['a drive alone', 'c:'],
    ['an alternate stream', 'a.txt::$DATA'],
    ['a share', '\\\\host\\share'],
    ['a dot at the end', 'a.txt.'],
    ['a blank at the end', 'a.txt '],
    ['a blank at the end of a folder', 'a /b'],
    ['three dots', '...'],
    ['con', 'con'],
    ['NUL in a folder', 'a/NUL/b'],
    ['a device with an extension', 'aux.html'],
    ['a device with two extensions', 'prn.tar.gz'],
    ['a device with a blank', 'con .txt'],
    ['a port', 'COM1'],
    ['a port of superscript', 'com\u00b9.txt'],
    ['a printer', 'lpt9.log'],
    ['the console', 'CONIN$'],
    ['a name of 256 bytes', 'é'.repeat(128)],
  ])('refuses %s', (_name, key) => {
    expect(isFileKey(key)).toBe(false)
  })
})

describe('isHiddenKey()', () => {
  test.each([
    ['a/b.txt', false, false],
    ['.env', true, true],
    ['a/.git/config', true, true],
    ['.well-known/security.txt', true, false],
    ['.well-known/.secret', true, true],
    ['.well-known', true, true],
    ['a/.well-known/b', true, true],
    ['.well-knownish/a', true, true],
  ])('judges %s', (key, refused, refusedButWellKnown) => {
    expect([isHiddenKey(key, 'refuse'), isHiddenKey(key, 'well-known'), isHiddenKey(key, 'allow')]).toEqual([
      refused,
      refusedButWellKnown,
      false,
    ])
  })
})
