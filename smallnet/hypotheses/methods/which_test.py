"""Which test when: from a question to the method, what it assumes, and when it fails.

The same list is in the words of the package and on the page "Which test when" of the docs.
"""

from dataclasses import dataclass

__all__ = ["WHICH_TEST", "Advice", "advise", "which_test_page"]


@dataclass(frozen=True)
class Advice:
    """One method: section, question, ``module.function``, what it assumes and when it fails."""

    section: str
    question: str
    use: str
    assumes: str
    fails: str


_SIZE, _BREAK, _CHOICE, _STAY = "Talk and size", "A threshold", "Choices", "Staying and dying"
_CHANGE, _SPREAD, _TIES = "What a change did", "Contagion", "Ties and memberships"
_ERRORS, _DOUBT, _MANY = "Errors and exchange", "Doubt", "Many answers at once"

WHICH_TEST: tuple[Advice, ...] = (
    Advice(
        _SIZE,
        "Does the same person write less in larger groups?",
        "size_rate.fit_size_rate",
        "Groups of like size differ at random (log-normal); sizes are known over time.",
        "If healthy groups grow: then size follows talk. With under ten events a group it leans by "
        ".02 to .07 a doubling; look at fit_sparse_size_rate.",
    ),
    Advice(
        _SIZE,
        "The same where groups have but a few messages",
        "sparse_size_rate.fit_sparse_size_rate",
        "Rates of people follow a gamma law; its mean may go with the sizes of their groups.",
        "Rhythms that all share are not held fixed: rows are memberships over the whole watch.",
    ),
    Advice(
        _SIZE,
        "Do these people write more in their small groups?",
        "same_people.same_people",
        "Nothing; it speaks of these groups alone.",
        "As a claim about size its p is far too small: people are not the sample.",
    ),
    Advice(
        _SIZE,
        "The same for any counts and covariates: people fixed, groups random",
        "mixed_poisson.fit_mixed_poisson",
        "Poisson counts given person and group; group effects independent of the covariates.",
        "If a covariate goes with the groups' own liveliness (split it: mundlak_split), with fewer "
        "than ten events a group, beyond 6,000 groups.",
    ),
    Advice(
        _SIZE,
        "The same with sparse counts, with many thousand groups, or where people react unlike",
        "crossed_poisson.fit_crossed_poisson",
        "With strata='random': people's rates follow a gamma law about a mean that may go with the "
        "sizes of their groups. The silent must be among the rows.",
        "If the silent are left out. Slopes of people need several groups each, and many events.",
    ),
    Advice(
        _SIZE,
        "Is it that groups differ, or that a group changes?",
        "mundlak.mundlak_split",
        "What lasts in a group is the same all the time.",
        "Within a group time runs too: what changes with the group's age is in the deviation.",
    ),
    Advice(
        _SIZE,
        "How does a group's total grow with its members?",
        "group_totals.total_elasticity",
        "One row a group; a power law of size.",
        "Its null is 1, not 0. Never of messages a head.",
    ),
    Advice(
        _SIZE,
        "What would the textbook say, and how wrong is it?",
        "textbook.fit_textbook",
        "Groups of like size are alike.",
        "They are not: 'two-way clustered' intervals at .05 raise false alarms in a quarter of "
        "worlds without an effect, corrected ones in a fifth. See textbook_failure.",
    ),
    Advice(
        _SIZE,
        "Do two measures of groups go together?",
        "relation.relate",
        "One row a group, no part in common.",
        "If one was divided by the other, or by what it holds: refused where it can be seen.",
    ),
    Advice(
        _SIZE,
        "Do two averages of people's answers go together between groups?",
        "group_means.between_groups",
        "Answers of a group are a sample of it.",
        "With two or three answers a group the correction is as noisy as what it corrects.",
    ),
    Advice(
        _BREAK,
        "Is there a size at which talk breaks, and which?",
        "threshold.break_test",
        "As fit_size_rate; beyond the break a step or a kink in log size.",
        "With 60 groups a drop to 0.4 is missed two times in three. A break that is found is at 30 "
        "only if its interval says so.",
    ),
    Advice(
        _BREAK,
        "Is there a step at the size that was named before looking?",
        "threshold.step_at",
        "The size was named before looking.",
        "If it was not, this p means nothing: break_test pays for the search.",
    ),
    Advice(
        _BREAK,
        "Is that size special, or would any other do?",
        "threshold_checks.placebo_steps",
        "As step_at; the family is the sizes asked.",
        "Sizes next to the true break share its step.",
    ),
    Advice(
        _BREAK,
        "Does the curve bend without breaking?",
        "threshold_checks.bend",
        "A parabola in log size is near enough.",
        "A step is a bend too: compare by held_out.",
    ),
    Advice(
        _BREAK,
        "Which curve foretells groups that it has not seen?",
        "threshold.held_out",
        "Groups are alike but for size.",
        "A small gain is noise: look whether flat gains as much.",
    ),
    Advice(
        _BREAK,
        "Do rules that bite at a number change anything just there?",
        "discontinuity.discontinuity",
        "Groups just below and above are alike; nobody chooses the side.",
        "If sizes bunch (ask density_test), with few groups near the number, or if other rules "
        "bite there too. Try placebo_cutoffs.",
    ),
    Advice(
        _CHOICE,
        "Are small groups chosen more often than their part of the menu?",
        "choosing.choice_ratio",
        "The menu is known at that moment; groups are popular at random.",
        "If the menu is what was used before: chosen groups are in it by construction.",
    ),
    Advice(
        _CHOICE,
        "What makes an option be chosen?",
        "conditional_logit.fit_conditional_logit",
        "Options of one menu are alike but for covariates (no unlike variances).",
        "If an option's own appeal goes with the covariate; then groups random in "
        "fit_mixed_poisson, the menu as stratum.",
    ),
    Advice(
        _CHOICE,
        "Is a rate higher on one side, for the same people, where success ends the risk?",
        "paired_rates.paired_ratio",
        "The ratio is the same in all strata.",
        "With strata that have one side only: they tell of nothing.",
    ),
    Advice(
        _CHOICE,
        "Ratios of rates or risks within strata, or overall",
        "conditional_poisson.fit_conditional_poisson",
        "Clusters are independent and many (ten are few).",
        "For covariates of groups: see the textbook above. Without strata: log_linear.",
    ),
    Advice(
        _CHOICE,
        "How many more per hundred, not per odds?",
        "binary.fit_binary",
        "The curve (logit, or cloglog for hazards in intervals) fits.",
        "Risks are averages over these rows; other people have other risks.",
    ),
    Advice(
        _STAY,
        "How long do stays or groups last?",
        "survival.kaplan_meier",
        "Ending of watching has nothing to do with leaving; late entry is given.",
        "If who is watched from later on is counted as if from the start.",
    ),
    Advice(
        _STAY,
        "Do two kinds last equally long?",
        "survival.logrank_test",
        "Hazards are proportional, or the test looks for a mean difference.",
        "If curves cross; if the kind is known only of who stayed.",
    ),
    Advice(
        _STAY,
        "Several ways out: leaving, muting, death of the group",
        "competing.competing_exits",
        "Nothing about how the ways hang together.",
        "One less one's survival is not a share by a way out: the others remove people too.",
    ),
    Advice(
        _STAY,
        "What raises the hazard of leaving?",
        "cox.fit_cox",
        "Hazards are proportional within strata; changing covariates are cut into rows.",
        "If a covariate is counted over the whole stay (immortal time), or foresees the end.",
    ),
    Advice(
        _STAY,
        "The same in intervals of days: a discrete hazard",
        "stays.cut_into_bands",
        "Within a band the hazard is level; then fit_mixed_poisson, groups random.",
        "With bands wider than what is asked.",
    ),
    Advice(
        _STAY,
        "Do friends (or anything that is gathered) keep people?",
        "landmark.friends_at_landmark",
        "What counts is what was there at the landmark.",
        "Who left before the landmark is not spoken of; vary it.",
    ),
    Advice(
        _STAY,
        "Do groups with a trait die less?",
        "group_windows.group_windows",
        "The window before describes, the one after decides.",
        "Whole lives: who dies early has no time to show the trait.",
    ),
    Advice(
        _STAY,
        "Does something add to a forecast?",
        "prediction.cross_validated_gain",
        "New groups are like these.",
        "Folds that cut through a group tell its members of each other.",
    ),
    Advice(
        _CHANGE,
        "What did a rule do that came to groups at different times?",
        "event_study.event_study",
        "Without it, groups with and without would have moved alike; nobody acted before.",
        "If it came because groups were low (align_at_lows), or members are in both arms. Two-way "
        "fixed effects beside it (two_way) may have the wrong sign.",
    ),
    Advice(
        _CHANGE,
        "The event answered a low",
        "matched_lows.align_at_lows",
        "Lows that were answered and that were not are alike.",
        "If the answer went to the lows that looked worst.",
    ),
    Advice(
        _CHANGE,
        "What follows a moment that chance drew, or a dose of it",
        "moments.chance_ratio",
        "Chance drew it, by the log.",
        "If people choose whether to open it: ask what was sent, not what was opened.",
    ),
    Advice(
        _CHANGE,
        "What follows a moment that nobody drew",
        "moments.stacked_ratio",
        "Groups not treated yet would have gone on alike.",
        "Look at the placebo moments before each.",
    ),
    Advice(
        _CHANGE,
        "What did it do to the clusters that chance assigned it to?",
        "cluster_trial.cluster_difference",
        "Whole clusters were drawn, and nothing reaches from one to the other.",
        "If arms share members: the difference shrinks (leak counts them). Never with members as "
        "units: false alarms in a third of trials and more (notebook 16).",
    ),
    Advice(
        _CHANGE,
        "How many clusters, of which size?",
        "cluster_trial.required_clusters",
        "The intraclass correlation is known from elsewhere; arms of equal size.",
        "With a pilot of eight groups: plan with the upper end of its interval.",
    ),
    Advice(
        _CHANGE,
        "Which groups can be assigned together, where groups share members?",
        "group_overlap.overlap_clusters",
        "The rosters are complete. Components are free of each other; parts of them are not.",
        "If people are in groups at random there is no place to cut: draw within sharers instead.",
    ),
    Advice(
        _CHANGE,
        "The same where members of treated groups sit in control groups too",
        "group_overlap.exposure_difference",
        "Nothing reaches a person but through their own groups.",
        "If news goes further (it shrinks then), or hardly anybody is wholly in one arm.",
    ),
    Advice(
        _SPREAD,
        "Did adopters follow their ties, or are they only alike?",
        "adoption_order.shuffle_test",
        "If nothing spreads, times of adopters are exchangeable (within strata).",
        "If a trait makes both early and tied: strata of that trait. Shared campaigns too.",
    ),
    Advice(
        _SPREAD,
        "The same by direction of ties",
        "adoption_order.edge_reversal_test",
        "If nothing spreads, a tie is as good backwards.",
        "With mutual ties it says nothing.",
    ),
    Advice(
        _SPREAD,
        "How much does exposure raise adoption?",
        "exposure.fit_exposure",
        "Periods and groups have effects of their own; times known to the period.",
        "Homophily that lasts is in the coefficient: hold it against shuffled times.",
    ),
    Advice(
        _SPREAD,
        "How deep did it go: a chain or a broadcast?",
        "reach.branching_virality",
        "Each taker recruits as takers do, whatever the depth.",
        "If parents are guessed from time.",
    ),
    Advice(
        _TIES,
        "Are ties inside groups more than degree explains?",
        "walls.wall_odds_ratio",
        "Who was where when is known; ties rewired with degrees kept.",
        "Replies inside a group are inside by construction: take ties that could cross.",
    ),
    Advice(
        _TIES,
        "Any number about memberships, against sizes and sociability alone",
        "membership_null.membership_null_test",
        "Nothing but sizes and everybody's number of groups (curveball); exact.",
        "Large groups of strangers and small ones of friends have the same margins.",
    ),
    Advice(
        _ERRORS,
        "Labels that mean nothing can change places",
        "permutation.within_strata_test",
        "Rows of a stratum are exchangeable: one row a person or group.",
        "If rows belong together (people in common groups): sum them first.",
    ),
    Advice(
        _ERRORS,
        "Any other statistic of labels",
        "permutation.permutation_test",
        "As above.",
        "Slow statistics: a few hundred draws give p to .01.",
    ),
    Advice(
        _ERRORS,
        "Errors by person and by group at once",
        "bootstrap.cluster_bootstrap",
        "The statistic is a function of sums.",
        "Leans to the wide side two ways; with a handful of clusters to the narrow one.",
    ),
    Advice(
        _ERRORS,
        "A share, near 0 or 1, of rows in bundles",
        "proportions.clustered_share",
        "Bundles are independent.",
        "With one bundle that holds most rows: look at effective clusters.",
    ),
    Advice(
        _ERRORS,
        "A coefficient with few clusters, by signs",
        "textbook.score_bootstrap",
        "Clusters are independent; the null imposed.",
        "For size: as the rest of the textbook.",
    ),
    Advice(
        _DOUBT,
        "Is it known to be too small to matter?",
        "equivalence.equivalence_test",
        "Margins were set before looking.",
        "'Not significant' is no such thing.",
    ),
    Advice(
        _DOUBT,
        "How strong must something hidden be?",
        "sensitivity.e_value",
        "A ratio of risks; one confounder.",
        "A large E-value proves nothing; measurement and selection are not in it.",
    ),
    Advice(
        _DOUBT,
        "The same for matched pairs",
        "sensitivity.rosenbaum_bounds",
        "Pairs match on all that was measured.",
        "It bounds p, not the effect.",
    ),
    Advice(
        _DOUBT,
        "Which share would need a hidden trait?",
        "sensitivity.tipping_share",
        "Its risk ratio can be guessed.",
        "The guess.",
    ),
    Advice(
        _DOUBT,
        "Does it find an effect where there can be none?",
        "negative_controls.beyond_control",
        "The control is as biased as the estimate.",
        "If its bias is another one; a null control is no proof.",
    ),
    Advice(
        _DOUBT,
        "The same with several controls",
        "negative_controls.systematic_error",
        "Biases of controls and estimate are draws of one law.",
        "With three controls the law is hardly known: the interval says so.",
    ),
    Advice(
        _MANY,
        "Does the answer hang on choices nobody can defend?",
        "specifications.specification_list",
        "Every choice in the list is as good as the others.",
        "Bad choices in the list drown good ones; say beforehand what is in it.",
    ),
    Advice(
        _MANY,
        "The same for talk and size, every fork taken",
        "multiverse.size_rate_multiverse",
        "Readings share their data: no p-value is made of them.",
        "Forks nobody thought of.",
    ),
    Advice(
        _MANY,
        "What do several studies say together?",
        "pooling.pool",
        "Studies are independent, and were not chosen by what they found.",
        "With two or three studies the interval is wide, rightly.",
    ),
    Advice(
        _MANY,
        "All those answers together",
        "specifications.specification_test",
        "One permutation a draw for all of them.",
        "Counting significant ones without draws.",
    ),
    Advice(
        _MANY,
        "Any false alarm among many tests that go together",
        "family.max_t",
        "Draws are joint, on one scale (else min_p).",
        "If tests are drawn apart: then Holm.",
    ),
    Advice(
        _MANY,
        "A share of false ones among those found",
        "family.false_discovery",
        "Tests independent or going together (else any_dependence).",
        "Adding sure findings to the family makes others pass.",
    ),
)


def advise(words: str) -> tuple[Advice, ...]:
    """Find advice whose lines hold all the words.

    Parameters
    ----------
    words : str
        Such as ``"size threshold"``; case does not matter.

    Returns
    -------
    tuple of Advice

    Examples
    --------
    >>> [advice.use for advice in advise("nothing like this")]
    []
    >>> [advice.use for advice in advise("curveball")]
    ['membership_null.membership_null_test']
    """
    wanted = words.lower().split()
    return tuple(
        advice
        for advice in WHICH_TEST
        if all(word in " ".join(vars(advice).values()).lower() for word in wanted)
    )


def which_test_page() -> str:
    """Write the list in Markdown, a table a section."""
    parts = []
    for section in dict.fromkeys(advice.section for advice in WHICH_TEST):
        rows = [
            f"| {a.question} | `{a.use}` | {a.assumes} | {a.fails} |"
            for a in WHICH_TEST
            if a.section == section
        ]
        head = ["| question | method | it assumes | it fails |", "|---|---|---|---|"]
        parts.append("\n".join([f"## {section}", "", *head, *rows]))
    return "\n\n".join(parts) + "\n"
