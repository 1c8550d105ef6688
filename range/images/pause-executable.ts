import { UnderstudyError } from '#domain/errors.ts';

/** Processor architectures that images can be made for, in the words of the OCI specification. */
export type ImageArchitecture = 'amd64' | 'arm64';

/**
 * `pause` in machine code: sleep until killed, for ever. It is the first process of every pod and only keeps the pod's
 * namespaces open. It needs no signal handler: the container runtime ends sandboxes with SIGKILL, and the kernel drops
 * every other signal to a namespace's first process. It needs no reaping either: pods do not share a process namespace
 * unless they ask for it.
 */
const machineCode: Record<ImageArchitecture, { elfMachine: number; code: readonly number[] }> = {
  amd64: {
    elfMachine: 62, // EM_X86_64
    code: [
      ...[0xb8, 0x22, 0x00, 0x00, 0x00], // mov eax, 34     pause(2)
      ...[0x0f, 0x05], //                   syscall
      ...[0xeb, 0xf7], //                   jmp -9          back to mov
    ],
  },
  arm64: {
    elfMachine: 183, // EM_AARCH64; it has no pause(2): ppoll(NULL, 0, NULL, NULL) sleeps as long
    code: [
      ...[0x00, 0x00, 0x80, 0xd2], // mov x0, #0
      ...[0x01, 0x00, 0x80, 0xd2], // mov x1, #0
      ...[0x02, 0x00, 0x80, 0xd2], // mov x2, #0
      ...[0x03, 0x00, 0x80, 0xd2], // mov x3, #0
      ...[0x28, 0x09, 0x80, 0xd2], // mov x8, #73     ppoll(2)
      ...[0x01, 0x00, 0x00, 0xd4], // svc #0
      ...[0xfa, 0xff, 0xff, 0x17], // b -24           back to the first mov
    ],
  },
};

const fileHeaderBytes = 64;
const programHeaderBytes = 56;
const loadAddress = 0x400000n;
const codeOffset = BigInt(fileHeaderBytes + programHeaderBytes);

function fileHeader(elfMachine: number): Buffer {
  const header = Buffer.alloc(fileHeaderBytes);
  header.write('\x7fELF', 0, 'latin1');
  header.set([2, 1, 1], 4); // 64-bit, little endian, ELF version 1; System V ABI
  header.writeUInt16LE(2, 16); // e_type: ET_EXEC, no relocation needed
  header.writeUInt16LE(elfMachine, 18);
  header.writeUInt32LE(1, 20); // e_version
  header.writeBigUInt64LE(loadAddress + codeOffset, 24); // e_entry
  header.writeBigUInt64LE(BigInt(fileHeaderBytes), 32); // e_phoff: the program header follows
  header.writeUInt16LE(fileHeaderBytes, 52); // e_ehsize
  header.writeUInt16LE(programHeaderBytes, 54); // e_phentsize
  header.writeUInt16LE(1, 56); // e_phnum
  return header;
}

/** One segment: the whole file, read and execute. */
function programHeader(fileBytes: bigint): Buffer {
  const header = Buffer.alloc(programHeaderBytes);
  header.writeUInt32LE(1, 0); // p_type: PT_LOAD
  header.writeUInt32LE(5, 4); // p_flags: PF_R | PF_X
  header.writeBigUInt64LE(0n, 8); // p_offset
  header.writeBigUInt64LE(loadAddress, 16); // p_vaddr
  header.writeBigUInt64LE(loadAddress, 24); // p_paddr
  header.writeBigUInt64LE(fileBytes, 32); // p_filesz
  header.writeBigUInt64LE(fileBytes, 40); // p_memsz
  header.writeBigUInt64LE(0x1000n, 48); // p_align
  return header;
}

/** A static executable of about 130 bytes that sleeps until it is killed; saves the range a C compiler. */
export function pauseExecutable(architecture: ImageArchitecture): Buffer {
  const { elfMachine, code } = machineCode[architecture];
  const body = Buffer.from(code);
  return Buffer.concat([fileHeader(elfMachine), programHeader(codeOffset + BigInt(body.length)), body]);
}

/** The architecture of this machine. Throws `not-supported` where images cannot be made for it. */
export function hostArchitecture(): ImageArchitecture {
  if (process.arch === 'x64') return 'amd64';
  if (process.arch === 'arm64') return 'arm64';
  throw new UnderstudyError(
    'not-supported',
    `the practice range needs x64 or arm64, this is ${process.arch}`,
  );
}
