/** Markup that may be sent as it is: everything that came from outside was escaped when it was made. */
export interface Markup {
  readonly kind: 'markup'
  toString(): string
}

/** What may stand in a template. Text is escaped, markup is not, lists are joined, nothing gives nothing. */
export type TemplateValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | Markup
  | readonly TemplateValue[]
