"""Methods that several claims share, one idea a module, each usable on its own.

Which test when, in short; :data:`WHICH_TEST` says for each what it assumes and when it fails, and
:func:`advise` looks for words in it. Modules are imported one by one, as some need compiled code::

    from smallnet.hypotheses.methods.mixed_poisson import fit_mixed_poisson

*Talk and size.* ``size_rate`` (same person, groups of unlike size), on ``mixed_poisson`` (people
fixed, groups random) or ``crossed_poisson`` (sparse counts, many groups, slopes that differ);
``sparse_size_rate`` (groups with but a few messages), ``same_people`` (these groups alone);
``mundlak`` (between groups or within), ``group_totals``, ``relation``, ``group_means``; the
``textbook`` and its measured failure (``textbook_failure``).

*A threshold.* ``threshold`` (search, named step, held-out groups, power), ``threshold_checks``
(placebo steps, bend), ``discontinuity`` (rules that bite at a number, density test).

*Choices.* ``choosing``, ``conditional_logit``, ``conditional_poisson``, ``paired_rates``,
``log_linear``, ``binary`` (also discrete hazards).

*Staying and dying.* ``survival``, ``weibull``, ``competing``, ``cox``, ``stays``, ``landmark``,
``group_windows``, ``silence``, ``prediction``.

*What a change did.* ``event_study`` (staggered), ``two_way`` (its biased elder), ``matched_lows``,
``moments``; ``cluster_trial`` (clusters that chance assigned) and ``group_overlap`` (which, and
what leaks).

*Contagion.* ``adoption_order`` (shuffle and edge reversal), ``exposure``, ``reach``.

*Ties and memberships.* ``walls``, ``membership_null``, ``cores``.

*Errors and exchange.* ``permutation``, ``bootstrap``, ``proportions``.

*Doubt.* ``equivalence``, ``sensitivity`` (E-value, Rosenbaum's bounds, tipping share),
``negative_controls``.

*Many answers at once.* ``specifications`` (all readings of a question), ``multiverse`` (of the
size-rate curve), ``family`` (Westfall and Young, false discovery), ``pooling`` (several studies).
"""

from smallnet.hypotheses.methods.which_test import WHICH_TEST, Advice, advise, which_test_page

__all__ = ["WHICH_TEST", "Advice", "advise", "which_test_page"]
