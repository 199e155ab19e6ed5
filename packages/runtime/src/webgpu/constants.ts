/** WebGPU's flags (https://gpuweb.github.io/gpuweb/#buffer-usage). Node has no globals for them. */
export const bufferUsage = { mapRead: 0x1, copySource: 0x4, copyTarget: 0x8, storage: 0x80 } as const;

export const mapModeRead = 0x1;

export const computeStage = 0x4;
