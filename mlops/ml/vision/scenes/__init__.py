"""Generated pictures of training rooms, with a box around every thing in them: our object detector learns from them.

    backgrounds.py   walls, floors, noise like photos, and things without a name
    layers.py        one thing on a transparent layer: shaded, turned, foreshortened
    equipment.py     dumbbell, barbell, kettlebell, bench, box, tool
    people.py        people in many postures
    scene.py         all together, with light, blur, noise and occlusion

Nothing of anybody's photo is in them.
"""
