/** Bundlers give a `.sql` file as text: wrangler of itself, esbuild by `--loader:.sql=text`. */
declare module '*.sql' {
  const text: string
  export default text
}
