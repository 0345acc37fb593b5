/** Fields and bounds that several resources have. */
import { Type } from 'typebox';
import { limits } from '../../dataplane/contract/limits.ts';

/** Letters a-z, digits, dot, dash, underscore; starts with a letter or digit. */
export const slugPattern = '^[a-z0-9][a-z0-9._-]*$';

export const Slug = Type.String({ minLength: 1, maxLength: limits.slugLength, pattern: slugPattern });
export const Name = Type.String({ maxLength: limits.nameLength });
/** A name that no decoder of the data plane looks at: of people and tokens. */
export const PlainName = Type.String({ maxLength: limits.nameLength, pattern: '^[^\\x00-\\x1f\\x7f]*$' });
export const Comment = Type.String({ maxLength: limits.commentLength });
export const ExternalId = Type.Union([Type.String({ minLength: 1, maxLength: limits.nameLength }), Type.Null()]);
export const SetNumber = Type.Integer({ minimum: 0, maximum: 2_147_483_647 });

/** In every body that is written. */
export const writtenFields = {
  externalId: Type.Optional(ExternalId),
  comment: Type.Optional(Comment),
};

/** In every entity that is read. `version` is also the ETag. */
export const keptFields = {
  externalId: ExternalId,
  comment: Comment,
  version: Type.Integer(),
  createdAtMs: Type.Integer(),
  updatedAtMs: Type.Integer(),
};
