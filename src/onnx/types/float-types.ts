import { TensorProto_DataType } from '../proto/onnx_pb.js';
import { FLOAT32 } from '../tensor.js';

// As messages store them: plain numbers.
export const FLOAT16: number = TensorProto_DataType.FLOAT16;
export const BFLOAT16: number = TensorProto_DataType.BFLOAT16;
export const FLOAT64: number = TensorProto_DataType.DOUBLE;

/** Element types whose numbers float32 stands for, itself among them. */
export const floatTypes: ReadonlySet<number> = new Set([FLOAT32, FLOAT16, BFLOAT16, FLOAT64]);
