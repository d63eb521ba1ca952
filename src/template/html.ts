import type { Markup, TemplateValue } from './contract.ts'

/**
 * Makes markup of a template. Values are escaped for text and for quoted attributes; `true`, `false`, `null` and
 * `undefined` give nothing, so that `${condition && html`…`}` reads well.
 *
 * Security: a value has no safe place in an unquoted attribute, in a script, in a style or as a tag or attribute
 * name. An attribute that holds a URL needs a check of its own (`javascript:`).
 */
export function html(texts: TemplateStringsArray, ...values: TemplateValue[]): Markup {
  let markup = texts[0] ?? ''
  for (let index = 0; index < values.length; index++)
    markup += toMarkup(values[index]) + (texts[index + 1] ?? '')
  return trusted(markup)
}

/** Takes text for markup without escaping it. Only for text that never came from outside. */
export function trusted(markup: string): Markup {
  return new TrustedMarkup(markup)
}

/** Escapes text for element content and quoted attributes. */
export function escapeHtml(text: string): string {
  return /[&<>"']/.test(text) ? text.replace(/[&<>"']/g, escapeCharacter) : text
}

/** A private class, so that no object that came from outside, as parsed JSON does, can pass for markup. */
class TrustedMarkup implements Markup {
  readonly kind = 'markup'
  readonly #markup: string

  constructor(markup: string) {
    this.#markup = markup
  }

  toString(): string {
    return this.#markup
  }
}

function toMarkup(value: TemplateValue): string {
  if (typeof value === 'string') return escapeHtml(value)
  if (value instanceof TrustedMarkup) return value.toString()
  if (Array.isArray(value)) return value.map(toMarkup).join('')
  if (value === null || value === undefined || typeof value === 'boolean') return ''
  return escapeHtml(String(value))
}

function escapeCharacter(character: string): string {
  switch (character) {
    case '&':
      return '&amp;'
    case '<':
      return '&lt;'
    case '>':
      return '&gt;'
    case '"':
      return '&quot;'
    default:
      return '&#39;'
  }
}
