export type {
  R2BucketLike,
  R2ObjectBodyLike,
  R2ObjectLike,
  R2PartLike,
  R2PutLike,
  R2UploadLike,
} from './object/r2.ts'
export { r2Objects } from './object/r2.ts'
