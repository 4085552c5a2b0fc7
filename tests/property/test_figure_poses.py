"""Whatever the pose, bones keep their length; whatever the moment, feet and hands stay where they belong."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nextposture.knowledge.figures import Figure, Limb, Pose, angles_of, body_table, figures
from nextposture.motion.figure import interpolate, movement, solve
from nextposture.motion.figure_place import joint_of, place
from tests.figure_ground import BLEND, SLIDE, TOUCH, contacts, lowest

BODY = body_table()
LIMITS = {name: limit.range for name, limit in BODY.limits.items()}
BONES = [
    (side + upper, side + lower, BODY.segments[segment])
    for side in ("near_", "far_")
    for upper, lower, segment in (
        ("hip", "knee", "thigh"),
        ("knee", "ankle", "shank"),
        ("shoulder", "elbow", "upper_arm"),
        ("elbow", "wrist", "forearm"),
    )
]
MOVING = [figure for figure in figures().values() if figure.start]


def limbs() -> st.SearchStrategy[Limb]:
    return st.builds(Limb, **{name: st.floats(*LIMITS[name]) for name in vars(Limb())})


def poses() -> st.SearchStrategy[Pose]:
    whole = {name: st.floats(*LIMITS[name]) for name in vars(Pose()) if name in LIMITS}
    return st.builds(Pose, **whole, near=limbs(), far=limbs())


@given(poses(), poses(), st.floats(0, 1))
@settings(deadline=None)
def test_bones_keep_their_length(a: Pose, b: Pose, share: float) -> None:
    skeleton = solve(interpolate(a, b, share))
    for upper, lower, length in BONES:
        assert math.dist(skeleton.joint(upper), skeleton.joint(lower)) == pytest.approx(length)
    for region, names in ((BODY.spine.lumbar, ("L5", "L4")), (BODY.spine.thoracic, ("T11", "T9"))):
        # two equal pieces hinged at their ends: their middles are no further apart than one piece
        assert math.dist(*(skeleton.frames[name].origin for name in names)) <= region.piece + 1e-9
    assert math.dist(skeleton.joint("near_hip"), skeleton.joint("far_hip")) == pytest.approx(
        2 * BODY.segments["hip_half_width"]
    )


@given(poses(), poses(), st.floats(0, 1))
@settings(deadline=None)
def test_a_blend_of_two_human_poses_is_human(a: Pose, b: Pose, share: float) -> None:
    for name, value in angles_of(interpolate(a, b, share)).items():
        least, most = LIMITS[name.rpartition(".")[2]]
        assert least - 1e-9 <= value <= most + 1e-9


@pytest.mark.parametrize("figure", MOVING, ids=lambda figure: figure.id)
def test_contacts_hold_at_every_moment_of_the_movement(figure: Figure) -> None:
    for pose in movement(figure, 12 * (len(figure.poses) - 1)):
        for what, gap in contacts(figure, pose).items():
            assert abs(gap) < TOUCH + BLEND, what
        assert lowest(figure, pose) > -TOUCH


@pytest.mark.parametrize("figure", MOVING, ids=lambda figure: figure.id)
def test_limbs_that_carry_weight_do_not_slide(figure: Figure) -> None:
    poses = movement(figure, 12 * (len(figure.poses) - 1))
    for contact in figure.contacts:
        if contact.part.startswith(("near_", "far_")):
            places = [
                joint_of(contact.part, place(p, figure.rest, figure.props, figure.view), figure.view)
                for p in poses
            ]
            assert max(x for x, _ in places) - min(x for x, _ in places) < SLIDE, contact
