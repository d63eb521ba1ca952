import { describe, expect, test } from 'vitest'
import type { TemplateValue } from '../../src/template/index.ts'
import { html, trusted } from '../../src/template/index.ts'

describe('html', () => {
  test('escapes text for content and quoted attributes', () => {
    const evil = `<script>"x" & 'y'</script>`
    expect(String(html`<p title="${evil}">${evil}</p>`)).toBe(
      '<p title="&lt;script&gt;&quot;x&quot; &amp; &#39;y&#39;&lt;/script&gt;">' +
        '&lt;script&gt;&quot;x&quot; &amp; &#39;y&#39;&lt;/script&gt;</p>',
    )
  })

  test('nests markup without escaping it twice', () => {
    expect(String(html`<ul>${['a', '<'].map((item) => html`<li>${item}</li>`)}</ul>`)).toBe(
      '<ul><li>a</li><li>&lt;</li></ul>',
    )
  })

  test.each([[null], [undefined], [true], [false]])('gives nothing for %s', (value) => {
    expect(String(html`[${value}]`)).toBe('[]')
  })

  test('writes numbers, zero too', () => {
    expect(String(html`${0} ${1.5} ${2n}`)).toBe('0 1.5 2')
  })

  test('does not take an object from outside for markup', () => {
    const forged = JSON.parse('{"kind":"markup","markup":"<b>"}') as TemplateValue
    expect(String(html`${forged}`)).not.toContain('<b>')
  })

  test('trusted() is not escaped', () => {
    expect(String(html`${trusted('<b>')}`)).toBe('<b>')
  })
})
