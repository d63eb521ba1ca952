export type { FileCoding, FileOptions, StaticOptions } from './contract.ts'
export { sendFile } from './send-file.ts'
export { hasContentHash, staticFiles } from './static-files.ts'
