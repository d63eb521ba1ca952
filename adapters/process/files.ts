export type { DirectoryOptions } from './files/directory.ts'
export { directory } from './files/directory.ts'
