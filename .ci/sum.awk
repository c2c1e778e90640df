# Sums what the suites of `make test` printed. A step without a count of its own is one check.
#
# Reads: "== STEP SECONDS" where a step begins; "test result: ok. 3 passed; 0 failed; ..." (cargo);
# "3 passed, 0 failed" (e2e, fuzz); "make: *** [Makefile:7: STEP] Error 1". What failed is told again before the sums, since
# whoever keeps only the end of so long a log would not see it.

BEGIN { LINES_MAX = 30 }
/^== [a-z0-9]+ [0-9]+$/ {
    close_step($3)
    step = $2
    started = $3
    steps[++count] = step
}
/^test .* FAILED$/ && $2 != "result:" { again[++failures] = $0 }
# A check of e2e, with what stands indented below it.
/^FAIL / { again[++failures] = $0; lines = 0; telling = 1; next }
telling && /^    / && ++lines <= LINES_MAX { again[failures] = again[failures] "\n" $0; next }
{ telling = 0 }
/^test result: / { passed[step] += $4; failed[step] += $6 }
/^[0-9]+ passed, [0-9]+ failed$/ { passed[step] += $1; failed[step] += $3 }
/^make(\[[0-9]+\])?: \*\*\* \[.*\] Error / {
    name = $0
    sub(/\] Error .*/, "", name)
    sub(/.*[: []/, "", name)
    broken[name] = 1
    if (!(name in seconds) && name != step) steps[++count] = name
}

function close_step(now) { if (step != "") seconds[step] = now - started }

END {
    close_step(end)
    for (i = 1; i <= failures; i++) print again[i]
    for (i = 1; i <= count; i++) {
        name = steps[i]
        if (!(name in passed) && !(name in broken)) passed[name] = 1
        if ((name in broken) && !failed[name]) failed[name] = 1
        printf "%-8s %5d passed, %3d failed, %5d s\n", name, passed[name], failed[name], seconds[name]
        all_passed += passed[name]
        all_failed += failed[name]
    }
    # Not even a step began, or make failed in a way that no step shows.
    if (status != 0 && !all_failed) all_failed = 1
    printf "%d passed, %d failed\n", all_passed, all_failed
    exit all_failed ? 1 : 0
}
