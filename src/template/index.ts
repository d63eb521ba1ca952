export type { Markup, TemplateValue } from './contract.ts'
export { escapeHtml, html, trusted } from './html.ts'
