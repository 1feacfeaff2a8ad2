//! Root of the addon: the two symbols that Node looks for, and what happens on a bug. Nothing else belongs here.

const std = @import("std");
const module = @import("napi/module.zig");
const os = @import("os.zig");

comptime {
    std.debug.assert(@import("builtin").cpu.arch.endian() == .little); // as the format
    @export(&module.register, .{ .name = "napi_register_module_v1" });
    @export(&module.apiVersion, .{ .name = "node_api_module_get_api_version_v1" });
}

/// Zig's own handler wants thread-locals and a stack trace; this one says what broke, and stops.
pub const panic = std.debug.FullPanic(struct {
    fn panic(message: []const u8, _: ?usize) noreturn {
        @branchHint(.cold);
        os.writeToStderr("sharedbuffers: internal error: ");
        os.writeToStderr(message);
        os.writeToStderr("\n");
        @trap();
    }
}.panic);
