/** Options as most tests send them: what they are about does not depend on these. */
import { snapshotOptions } from '../../src/core/snapshot-options.ts';
import { plainCheckpoint } from '../../src/core/snapshot-properties.ts';

export const plainOptions = snapshotOptions(plainCheckpoint, 'ALIGNED');
