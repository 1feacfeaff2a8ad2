//! Builds the native core: the addon that Node loads, for this machine or for every target.
//!
//!     zig build -Doptimize=ReleaseFast   prebuilds/<platform>-<arch>/sharedbuffers.node for this machine
//!     zig build prebuilds                the same for every target, optimized
//!     zig build native-safe              prebuilds/safe/sharedbuffers.node, with Zig's safety checks
//!     zig build native-fuzz              prebuilds/safe/native-fuzz: its parsers alone, over changed files
//!     zig build test                     Zig's own tests
//!     zig build limits                   build/bench/limits: what the machine allows, for the benchmarks

const std = @import("std");

const Target = struct {
    /// As `process.platform` and `process.arch` name it.
    name: []const u8,
    query: std.Target.Query,
};

/// One binary for each. On Linux without a libc, so that it serves glibc and musl alike.
const targets = [_]Target{
    .{ .name = "linux-x64", .query = .{ .cpu_arch = .x86_64, .os_tag = .linux, .abi = .none } },
    .{ .name = "linux-arm64", .query = .{ .cpu_arch = .aarch64, .os_tag = .linux, .abi = .none } },
    .{ .name = "darwin-x64", .query = .{ .cpu_arch = .x86_64, .os_tag = .macos } },
    .{ .name = "darwin-arm64", .query = .{ .cpu_arch = .aarch64, .os_tag = .macos } },
    .{ .name = "win32-x64", .query = .{ .cpu_arch = .x86_64, .os_tag = .windows, .abi = .gnu } },
    .{ .name = "win32-arm64", .query = .{ .cpu_arch = .aarch64, .os_tag = .windows, .abi = .gnu } },
};

pub fn build(b: *std.Build) void {
    const optimize = b.standardOptimizeOption(.{});
    const host = b.graph.host.result;

    const prebuilds = b.step("prebuilds", "Build the addon for every target, optimized");
    const safe = b.step("native-safe", "Build the addon for this machine with safety checks");
    const tests = b.step("test", "Run the tests of the native core");

    for (targets) |target| {
        const addon = addAddon(b, target.query, .ReleaseFast);
        prebuilds.dependOn(copyToPrebuilds(b, addon, target.name));
        if (target.query.cpu_arch.? != host.cpu.arch or target.query.os_tag.? != host.os.tag) continue;
        b.getInstallStep().dependOn(copyToPrebuilds(b, addAddon(b, target.query, optimize), target.name));
        safe.dependOn(copyToPrebuilds(b, addAddon(b, target.query, .ReleaseSafe), "safe"));
    }

    const fuzz = b.step("native-fuzz", "Build the native parsers as a program that runs them over changed files");
    fuzz.dependOn(addFuzzer(b));

    const unit_tests = b.addTest(.{
        .root_module = b.createModule(.{
            .root_source_file = b.path("zig-src/tests.zig"),
            .target = b.graph.host,
            // With safety checks; a search over random tables is too slow without optimization.
            .optimize = .ReleaseSafe,
        }),
    });
    tests.dependOn(&b.addRunArtifact(unit_tests).step);

    const limits = b.step("limits", "Build the program that measures the machine for the benchmarks");
    limits.dependOn(copyLimits(b));
}

/// The addon as one shared library.
fn addAddon(b: *std.Build, query: std.Target.Query, optimize: std.builtin.OptimizeMode) std.Build.LazyPath {
    const linux = query.os_tag.? == .linux;
    const root = b.createModule(.{
        .root_source_file = b.path("zig-src/addon.zig"),
        .target = resolve(b, query),
        .optimize = optimize,
        .link_libc = query.os_tag.? == .macos,
        .strip = true,
        .pic = true,
        .stack_check = false,
        .unwind_tables = .none,
        .error_tracing = false,
    });
    root.addImport("c", nodeApi(b, query, optimize));
    const addon = b.addLibrary(.{ .name = "sharedbuffers", .linkage = .dynamic, .root_module = root });
    // The napi_* functions are in the executable that loads this.
    addon.linker_allow_shlib_undefined = true;
    addon.link_gc_sections = true;
    // Room for a signature made later.
    addon.headerpad_max_install_names = true;
    return if (linux) markNoDelete(b, addon) else addon.getEmittedBin();
}

/// With the C library, whose memory valgrind watches, and for a processor that valgrind knows.
fn addFuzzer(b: *std.Build) *std.Build.Step {
    const fuzzer = b.addExecutable(.{ .name = "native-fuzz", .root_module = b.createModule(.{
        .root_source_file = b.path("zig-src/native_fuzz.zig"),
        .target = resolve(b, .{}),
        .optimize = .ReleaseSafe,
        .link_libc = true,
    }) });
    const copy = b.addUpdateSourceFiles();
    copy.addCopyFileToSource(fuzzer.getEmittedBin(), "prebuilds/safe/native-fuzz");
    return &copy.step;
}

/// Every processor of its kind runs it, whatever this machine's can do.
fn resolve(b: *std.Build, query: std.Target.Query) std.Build.ResolvedTarget {
    var any_cpu = query;
    any_cpu.cpu_model = .baseline;
    return b.resolveTargetQuery(any_cpu);
}

/// The declarations of Node's own headers, as a module. They include a few of C's; those that come with Zig serve,
/// so that nothing depends on this machine's. The declarations need no libc, only the translation does.
fn nodeApi(b: *std.Build, query: std.Target.Query, optimize: std.builtin.OptimizeMode) *std.Build.Module {
    var with_headers = query;
    if (query.os_tag.? == .linux) with_headers.abi = .musl;
    const translated = b.addTranslateC(.{
        .root_source_file = b.path("node_modules/node-api-headers/include/node_api.h"),
        .target = resolve(b, with_headers),
        .optimize = optimize,
        .link_libc = true,
    });
    translated.defineCMacro("NAPI_VERSION", "8");
    return b.createModule(.{
        .root_source_file = translated.getOutput(),
        .target = resolve(b, query),
        .optimize = optimize,
    });
}

/// Node unloads an addon with the last worker that uses it, while mappings and finalizers may still refer to it; the
/// linker's `-z nodelete` forbids that. The build system cannot pass that flag on, so a tool sets its bit.
fn markNoDelete(b: *std.Build, addon: *std.Build.Step.Compile) std.Build.LazyPath {
    const tool = b.addExecutable(.{ .name = "mark-nodelete", .root_module = b.createModule(.{
        .root_source_file = b.path("zig-src/tools/mark_nodelete.zig"),
        .target = b.graph.host,
        .optimize = .ReleaseSafe,
    }) });
    const run = b.addRunArtifact(tool);
    run.addFileArg(addon.getEmittedBin());
    return run.addOutputFileArg("sharedbuffers.node");
}

fn copyToPrebuilds(b: *std.Build, addon: std.Build.LazyPath, name: []const u8) *std.Build.Step {
    const copy = b.addUpdateSourceFiles();
    copy.addCopyFileToSource(addon, b.fmt("prebuilds/{s}/sharedbuffers.node", .{name}));
    return &copy.step;
}

/// For this very processor, as what it measures is.
fn copyLimits(b: *std.Build) *std.Build.Step {
    const program = b.addExecutable(.{ .name = "limits", .root_module = b.createModule(.{
        .root_source_file = b.path("bench/limits.zig"),
        .target = b.graph.host,
        .optimize = .ReleaseFast,
    }) });
    const copy = b.addUpdateSourceFiles();
    copy.addCopyFileToSource(program.getEmittedBin(), "build/bench/limits");
    return &copy.step;
}
