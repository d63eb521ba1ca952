import type { PathParams } from '../../src/router/index.ts'

/** Compiles only when both types are the same. */
type Same<Left, Right> =
  (<Probe>() => Probe extends Left ? 1 : 2) extends <Probe>() => Probe extends Right ? 1 : 2 ? true : false
function same<Left, Right>(proof: Same<Left, Right>): void {
  void proof
}

type One = { readonly id: string }

// Parameters are read from the literal, segment by segment.
same<PathParams<'/users/:id'>, One>(true)
same<PathParams<'/users/:id/'>, One>(true)
same<PathParams<'/:id'>, One>(true)
same<PathParams<'/users/:id/posts/:post'>, { readonly id: string; readonly post: string }>(true)
same<PathParams<'/files/*rest'>, { readonly rest: string }>(true)
same<
  PathParams<'/users/:id(int)/:slug?/:tab(alpha)?'>,
  { readonly id: string; readonly slug?: string | undefined; readonly tab?: string | undefined }
>(true)
same<
  PathParams<'/users/:id(int)/:user_id$2/*rest'>,
  { readonly id: string; readonly user_id$2: string; readonly rest: string }
>(true)

// A path without parameters has none.
same<keyof PathParams<'/'>, never>(true)
same<keyof PathParams<'/a/b'>, never>(true)
same<keyof PathParams<''>, never>(true)

// What stands in a constraint is no pattern: parentheses, colons, slashes and question marks.
same<PathParams<'/:id(\\d+)'>, One>(true)
same<PathParams<'/:id((?:a|b)?)/x'>, One>(true)
same<PathParams<'/:id(\\d{4}-(?:0\\d|1[0-2])(?::\\d\\d)?)?'>, { readonly id?: string | undefined }>(true)
same<PathParams<'/:id([^/]+)'>, One>(true)
same<PathParams<'/:id([^/:]+)/:tab'>, { readonly id: string; readonly tab: string }>(true)
same<
  PathParams<'/:id([^/]+)?/:tab?'>,
  { readonly id?: string | undefined; readonly tab?: string | undefined }
>(true)
same<
  PathParams<'/a/:id(x/(y:z))/:tab(\\w+)/*rest'>,
  { readonly id: string; readonly tab: string; readonly rest: string }
>(true)

// Text that is no literal has any parameter, each of which may be missing.
same<PathParams<string>, Readonly<Record<string, string | undefined>>>(true)

// As deep as paths are.
type Long =
  PathParams<'/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/y/z/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/:id'>
same<Long, One>(true)

declare const params: PathParams<'/users/:id(int)/:slug?'>
// @ts-expect-error -- no such parameter
void params.name
// @ts-expect-error -- an optional parameter may be missing
params.slug.length
// @ts-expect-error -- parameters are not written
params.id = 'x'
void params.id.length

// With exactOptionalPropertyTypes, absent and undefined are both an absent parameter.
void ({ id: '1' } satisfies typeof params)
void ({ id: '1', slug: undefined } satisfies typeof params)
// @ts-expect-error -- a named type does not change the value: it stays text
void ({ id: 1 } satisfies typeof params)
