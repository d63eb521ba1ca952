import { describe, expect, test } from 'vitest'
import { formatContentDisposition } from '../../src/http/content-disposition.ts'

describe('formatContentDisposition()', () => {
  test.each([
    ['a plain name', 'report.pdf', 'attachment; filename="report.pdf"'],
    ['blanks', 'my report.pdf', 'attachment; filename="my report.pdf"'],
    [
      'letters beyond ASCII',
      'Größe.txt',
      `attachment; filename="Gr__e.txt"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.txt`,
    ],
    // The example of RFC 8187 §3.2.3.
    ['a euro sign', '€ rates', `attachment; filename="_ rates"; filename*=UTF-8''%E2%82%AC%20rates`],
    ['an emoji', '🎸.mp3', `attachment; filename="_.mp3"; filename*=UTF-8''%F0%9F%8E%B8.mp3`],
    ['a quote', 'a"b.txt', `attachment; filename="a_b.txt"; filename*=UTF-8''a%22b.txt`],
    [
      'what encodeURIComponent leaves',
      `a'(b)*%.txt`,
      `attachment; filename="a'(b)*_.txt"; filename*=UTF-8''a%27%28b%29%2A%25.txt`,
    ],
    ['folders', '../../etc/passwd', 'attachment; filename="passwd"'],
    ['folders of Windows', 'C:\\temp\\x.txt', 'attachment; filename="x.txt"'],
    ['line breaks', 'a\r\nset-cookie: x.txt', 'attachment; filename="aset-cookie: x.txt"'],
    ['a direction mark', 'a\u202etxt.exe', 'attachment; filename="atxt.exe"'],
    ['nothing', '', 'attachment; filename="download"'],
    ['dots', '..', 'attachment; filename="download"'],
  ])('encodes a name with %s', (_name, fileName, expected) => {
    expect(formatContentDisposition('attachment', fileName)).toBe(expected)
  })

  test('says inline', () => {
    expect(formatContentDisposition('inline', 'a.pdf')).toBe('inline; filename="a.pdf"')
  })

  test('takes a lone surrogate', () => {
    expect(formatContentDisposition('inline', 'a\ud800.txt')).toBe(
      `inline; filename="a_.txt"; filename*=UTF-8''a%EF%BF%BD.txt`,
    )
  })

  test('cuts a long name', () => {
    expect(formatContentDisposition('inline', 'x'.repeat(10_000))).toBe(
      `inline; filename="${'x'.repeat(200)}"`,
    )
  })
})
