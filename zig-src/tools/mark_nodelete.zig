//! Sets DF_1_NODELETE in a 64-bit little-endian ELF shared library: `mark-nodelete INPUT OUTPUT`. What the linker's
//! `-z nodelete` does.

const std = @import("std");
const elf = std.elf;

pub fn main(init: std.process.Init) !void {
    const arena = init.arena.allocator();
    const arguments = try init.minimal.args.toSlice(arena);
    const cwd = std.Io.Dir.cwd();
    const image = try cwd.readFileAlloc(init.io, arguments[1], arena, .unlimited);
    try mark(image);
    try cwd.writeFile(init.io, .{
        .sub_path = arguments[2],
        .data = image,
        .flags = .{ .permissions = .executable_file },
    });
}

fn mark(image: []u8) !void {
    const header: *align(1) elf.Elf64.Ehdr = @ptrCast(image[0..@sizeOf(elf.Elf64.Ehdr)]);
    const segments_size = header.phnum * @as(usize, @sizeOf(elf.Elf64.Phdr));
    const segments = std.mem.bytesAsSlice(elf.Elf64.Phdr, image[@intCast(header.phoff)..][0..segments_size]);
    for (segments) |segment| {
        if (segment.type != .DYNAMIC) continue;
        const dynamic = image[@intCast(segment.offset)..][0..@intCast(segment.filesz)];
        return setFlag(std.mem.bytesAsSlice(elf.Elf64_Dyn, dynamic));
    }
    return error.NoDynamicSegment;
}

fn setFlag(entries: []align(1) elf.Elf64_Dyn) !void {
    for (entries) |*entry| {
        if (entry.d_tag != elf.DT_FLAGS_1) continue;
        entry.d_val |= elf.DF_1_NODELETE;
        return;
    }
    return error.NoFlags;
}
